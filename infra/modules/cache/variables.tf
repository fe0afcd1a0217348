variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "client_security_group_id" {
  type = string
}

variable "node_type" {
  type = string
}

variable "replicas" {
  type = number
}

variable "apply_immediately" {
  description = "Whether a change that replaces nodes happens at once instead of in the window."
  type        = bool
}

variable "maintenance_window" {
  description = "Time in UTC of changes that replace nodes, such as tue:03:00-tue:04:00."
  type        = string
}
