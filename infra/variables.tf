variable "environment" {
  description = "dev, staging or production: part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "The environment is dev, staging or production."
  }
}

variable "region" {
  type = string
}

variable "domain" {
  description = "The name clients use for the API, such as api.example.com."
  type        = string
}

variable "media_domain" {
  description = "The name media are delivered from; a site of its own, so that no cookie goes along."
  type        = string
}

variable "zone" {
  description = "The Route 53 zone that holds the name of the API."
  type        = string
}

variable "media_zone" {
  description = "The Route 53 zone that holds the name of the media."
  type        = string
}

variable "release" {
  description = "The image of each service, by digest. Empty before the first deployment."
  type        = map(string)
  default     = {}
}

variable "web_origins" {
  description = "Origins of web clients; native apps send none."
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
  })
}

variable "cache" {
  type = object({
    node_type = string
    replicas  = number
  })
}

variable "services" {
  description = "Size and scaling of each service. cpu in units of 1/1024 vCPU, memory in MiB."
  type = map(object({
    cpu           = number
    memory        = number
    min           = number
    max           = number
    database_pool = number
  }))

  validation {
    condition     = toset(keys(var.services)) == toset(["auth", "chat", "user", "media", "status"])
    error_message = "Give a size for each of auth, chat, user, media and status, and for nothing else."
  }

  # A rollout runs twice the tasks; ten connections are for people and migrations.
  validation {
    condition     = sum([for size in var.services : size.max * 2 * size.database_pool]) <= var.database.max_connections - 10
    error_message = "All tasks at their most, during a rollout, would need more than the database's max_connections."
  }
}

variable "spot" {
  description = "Run on spare capacity, which may be taken away: for dev only."
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

variable "firebase_project" {
  type = string
}

variable "media_public_keys" {
  description = "PEM of the CloudFront signing keys by name; two while one takes over from the other. The last by name signs."
  type        = map(string)

  validation {
    condition     = length(var.media_public_keys) >= 1 && length(var.media_public_keys) <= 2
    error_message = "One key, or two while they rotate."
  }
}
