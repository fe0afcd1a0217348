variable "environment_name" {
  type = string
}

variable "name" {
  type = string
}

variable "repository_arn" {
  type = string
}

variable "secret_arns" {
  type = list(string)
}

variable "log_group_arn" {
  type = string
}
