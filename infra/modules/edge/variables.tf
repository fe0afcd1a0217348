variable "name" {
  type = string
}

variable "domain" {
  type = string
}

variable "zone" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "deletion_protection" {
  type = bool
}

variable "log_days" {
  type = number
}

variable "force_destroy" {
  description = "Whether destroying the environment deletes the access logs."
  type        = bool
}
