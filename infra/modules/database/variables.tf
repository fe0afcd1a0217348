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

variable "instance_class" {
  type = string
}

variable "storage_gb" {
  type = number
}

variable "max_storage_gb" {
  type = number
}

variable "multi_az" {
  type = bool
}

variable "backup_days" {
  type = number
}

variable "deletion_protection" {
  type = bool
}

variable "max_connections" {
  type = number
}

variable "apply_immediately" {
  description = "Whether a change that restarts the server happens at once instead of in the window."
  type        = bool
}

variable "backup_window" {
  description = "Time in UTC of the daily backup, such as 01:00-01:30."
  type        = string
}

variable "maintenance_window" {
  description = "Time in UTC of changes that restart the server, such as tue:02:00-tue:03:00."
  type        = string
}

variable "final_snapshot" {
  description = "End of the name of the snapshot that a destroy leaves. A second destroy needs another one."
  type        = string
}

variable "log_days" {
  type = number
}
