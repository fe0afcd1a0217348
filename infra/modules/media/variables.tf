variable "name" {
  type = string
}

variable "domain" {
  type = string
}

variable "zone" {
  type = string
}

variable "web_origins" {
  type = list(string)
}

variable "public_keys" {
  type = map(string)
}

variable "force_destroy" {
  description = "Whether destroying the environment deletes the media."
  type        = bool
}
