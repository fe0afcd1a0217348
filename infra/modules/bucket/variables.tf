variable "name" {
  description = "Unique in all of S3, so it ends with the account's number."
  type        = string
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes what it holds."
  type        = bool
  default     = false
}

variable "policies" {
  description = "Policies, as JSON, beside the one that refuses connections without TLS."
  type        = list(string)
  default     = []
}
