variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "email" {
  type = string
}

variable "monthly_budget_usd" {
  type = number
}

variable "load_balancer" {
  description = "Name of the load balancer in CloudWatch's metrics."
  type        = string
}

variable "certificate_arn" {
  type = string
}

variable "database" {
  type = object({
    name            = string
    instance_class  = string
    storage_gb      = number
    max_connections = number
  })
}

variable "cache" {
  type = object({
    nodes                    = list(string)
    max_bytes_out_per_second = number
  })
}

variable "media" {
  type = object({
    distribution_id = string
    certificate_arn = string
  })
}

variable "nat_gateways" {
  description = "Id of the NAT gateway in each zone that has one."
  type        = map(string)
}

variable "cluster" {
  type = string
}

variable "services" {
  description = "Least number of tasks of each service."
  type        = map(number)
}
