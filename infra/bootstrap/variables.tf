variable "environment" {
  description = "dev, staging or production."
  type        = string
}

variable "region" {
  type = string
}

variable "github_repository" {
  description = "The repository, as OWNER/NAME, whose workflows may deploy."
  type        = string
}

variable "github_owner_id" {
  description = "`gh api repos/OWNER/NAME --jq .owner.id`"
  type        = number
}

variable "github_repository_id" {
  description = "`gh api repos/OWNER/NAME --jq .id`"
  type        = number
}

variable "create_oidc_provider" {
  description = "False where the account has the provider token.actions.githubusercontent.com already."
  type        = bool
}
