environment          = "staging"
region               = "eu-central-1"
github_repository    = "owner/taar"
github_owner_id      = 1
github_repository_id = 2
create_oidc_provider = false
