variable "name" {
  type = string
}

variable "services" {
  type = set(string)
}

variable "force_destroy" {
  description = "Whether destroying the environment deletes the images."
  type        = bool
}
