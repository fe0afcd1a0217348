variable "environment_name" {
  description = "Start of the names of all roles of the environment, such as taar-dev."
  type        = string
}

variable "name" {
  type = string
}

variable "service" {
  description = "The AWS service that assumes the role."
  type        = string
  default     = "ecs-tasks.amazonaws.com"
}

variable "has_policy" {
  description = "Whether there is a policy: Terraform must know it before it knows the policy."
  type        = bool
  default     = true
}

variable "policy" {
  description = "Permissions of the role, as JSON."
  type        = string
  default     = null
}
