variable "name" {
  type = string
}

variable "platform" {
  description = "Parts of the environment that all services share."
  type = object({
    name                = string
    region              = string
    vpc_id              = string
    subnet_ids          = list(string)
    security_group_id   = string
    cluster_arn         = string
    cluster_name        = string
    capacity_provider   = string
    listener_arn        = string
    load_balancer       = string
    deployment_role_arn = string
    alarm_topic_arn     = string
    log_days            = number
  })
}

variable "image" {
  type = string
}

variable "repository_arn" {
  type = string
}

variable "route" {
  type = object({
    priority = number
    port     = number
    paths    = list(string)
  })
}

variable "size" {
  type = object({
    cpu    = number
    memory = number
    min    = number
    max    = number
  })
}

variable "blue_green" {
  description = "Whether a deployment starts a second set of tasks and swaps. Otherwise it replaces task by task."
  type        = bool
}

variable "drain_seconds" {
  description = "How long the load balancer keeps the connections of a task that it no longer routes to."
  type        = number
}

variable "sockets_per_task" {
  description = "Connections of a task above which tasks are added. Null where the service holds no connections."
  type        = number
  default     = null
}

variable "environment" {
  type = map(string)
}

variable "secrets" {
  description = "Location of each environment variable's value in Secrets Manager."
  type        = map(string)
}

variable "secret_arn" {
  type = string
}

variable "has_policy" {
  type    = bool
  default = false
}

variable "policy" {
  description = "Permissions of the service in AWS, as JSON."
  type        = string
  default     = null
}
