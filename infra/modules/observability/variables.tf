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
  type = string
}

variable "database" {
  type = string
}

variable "cache_nodes" {
  type = list(string)
}

variable "max_connections" {
  type = number
}

variable "cluster" {
  type = string
}

variable "services" {
  description = "How many tasks of each there must be at least."
  type        = map(number)
}
