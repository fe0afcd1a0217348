mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment          = "dev"
  region               = "eu-central-1"
  github_repository    = "owner/taar"
  github_owner_id      = 1
  github_repository_id = 2
  create_oidc_provider = true
}

run "the_provider_of_github_tokens_is_made" {
  command = plan

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "No provider is made."
  }
}

run "a_provider_that_the_account_has_already_is_used" {
  command = plan

  variables {
    create_oidc_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "A second provider is made, which AWS refuses."
  }

  assert {
    condition     = local.oidc_provider_arn == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "The roles trust another provider."
  }
}
