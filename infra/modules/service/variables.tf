variable "name" {
  type = string
}

variable "platform" {
  description = "What all services share."
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
  description = "Swap two sets of tasks; otherwise replace them one by one."
  type        = bool
}

variable "drain_seconds" {
  type = number
}

variable "sockets_per_task" {
  description = "Add tasks above so many connections each; null where the service holds none."
  type        = number
  default     = null
}

variable "environment" {
  type = map(string)
}

variable "secrets" {
  description = "Environment variable to where its value is kept."
  type        = map(string)
}

variable "secret_arns" {
  type = list(string)
}

variable "has_policy" {
  type    = bool
  default = false
}

variable "policy" {
  description = "What the service may do in AWS, as JSON."
  type        = string
  default     = null
}
