variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "nat_per_az" {
  description = "Whether each zone has a NAT gateway, so that the loss of a zone leaves the others connected."
  type        = bool
}

variable "endpoints" {
  description = "Whether tasks reach ECR, logs and secrets inside the network instead of through NAT."
  type        = bool
}

variable "flow_log_days" {
  type = number
}
