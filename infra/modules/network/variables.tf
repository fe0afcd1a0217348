variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "nat_per_az" {
  description = "A NAT gateway in each zone instead of one for all: survives the loss of a zone."
  type        = bool
}

variable "endpoints" {
  description = "Reach ECR, logs and secrets inside the network instead of through NAT."
  type        = bool
}

variable "flow_log_days" {
  type = number
}
