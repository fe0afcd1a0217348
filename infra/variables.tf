variable "environment" {
  description = "dev, staging or production. It is part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "Must be dev, staging or production."
  }
}

variable "region" {
  type = string
}

variable "domain" {
  description = "Name of the API, such as api.example.com."
  type        = string
}

variable "media_domain" {
  description = "Name of the media, on another site than the API, so that no cookie of the API reaches them."
  type        = string
}

variable "zone" {
  description = "Route 53 zone of the name of the API."
  type        = string
}

variable "media_zone" {
  description = "Route 53 zone of the name of the media."
  type        = string
}

variable "release" {
  description = "Image of each service, by digest, for task definitions that Terraform registers. Empty by default, as deployments register their own."
  type        = map(string)
  default     = {}
}

variable "web_origins" {
  description = "Origins of web clients. Native apps send no origin."
  type        = list(string)
  default     = []
}

variable "network" {
  type = object({
    cidr          = string
    nat_per_az    = bool
    endpoints     = bool
    flow_log_days = number
  })
}

variable "database" {
  type = object({
    instance_class      = string
    storage_gb          = number
    max_storage_gb      = number
    multi_az            = bool
    backup_days         = number
    deletion_protection = bool
    max_connections     = number
    final_snapshot      = optional(string, "1")
  })
}

variable "windows" {
  description = "Times in UTC: the daily backup, and the weekly changes of database and cache that interrupt them."
  type = object({
    backup   = string
    database = string
    cache    = string
  })
}

variable "apply_immediately" {
  description = "Whether changes that restart database or cache happen at once. Set it during an incident."
  type        = bool
  default     = false
}

variable "cache" {
  type = object({
    node_type                = string
    replicas                 = number
    max_bytes_out_per_second = number
  })
}

variable "services" {
  description = "Size and scaling of each service: cpu in units of 1/1024 vCPU, memory in MiB, tasks, connections of a task to the database."
  type = map(object({
    cpu           = number
    memory        = number
    min           = number
    max           = number
    database_pool = number
  }))

  validation {
    condition     = toset(keys(var.services)) == toset(["auth", "chat", "user", "media", "status"])
    error_message = "Must have a size for auth, chat, user, media and status, and for no other service."
  }

  # A rollout runs twice the tasks. Ten connections are left for operators and migrations.
  validation {
    condition     = sum([for size in var.services : size.max * 2 * size.database_pool]) <= var.database.max_connections - 10
    error_message = "During a rollout with the most tasks, the pools would hold more than max_connections."
  }
}

variable "spot" {
  description = "Whether tasks run on spare capacity, which AWS can take back at any time. For dev only."
  type        = bool
  default     = false
}

variable "log_days" {
  type = number
}

variable "alarm_email" {
  type = string
}

variable "monthly_budget_usd" {
  type = number
}

variable "max_codes_per_hour" {
  description = "Number of sign-in codes in an hour above which an alarm fires."
  type        = number
  default     = 500
}

variable "firebase_project" {
  type = string
}

variable "media_public_keys" {
  description = "PEM of the public keys of CloudFront, by name: one, or two during a rotation. The last by name signs."
  type        = map(string)

  validation {
    condition     = length(var.media_public_keys) >= 1 && length(var.media_public_keys) <= 2
    error_message = "Must have one key, or two during a rotation."
  }
}
