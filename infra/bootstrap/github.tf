locals {
  oidc_host = "token.actions.githubusercontent.com"
  # An account has at most one provider for a host, and its ARN follows from the host.
  oidc_provider_arn = "arn:aws:iam::${local.account}:oidc-provider/${local.oidc_host}"

  owner      = split("/", var.github_repository)[0]
  repository = split("/", var.github_repository)[1]

  # GitHub names a job's repository with or without the immutable ids, depending on its age.
  repository_subjects = [
    "repo:${local.owner}/${local.repository}",
    "repo:${local.owner}@${var.github_owner_id}/${local.repository}@${var.github_repository_id}"
  ]
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.oidc_host}"
  client_id_list = ["sts.amazonaws.com"]
}

# A role is open to jobs of this repository that run in one GitHub environment, with its approvals.
# Deployments run code of npm packages, so they have another environment than changes of the
# infrastructure.
data "aws_iam_policy_document" "trust" {
  for_each = {
    deploy = "${var.environment}-deploy"
    apply  = "${var.environment}-infra"
    plan   = "${var.environment}-plan"
  }

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.oidc_host}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.oidc_host}:sub"
      values   = [for subject in local.repository_subjects : "${subject}:environment:${each.value}"]
    }
  }
}

output "role_arns" {
  description = "Values of the variables DEPLOY_ROLE, APPLY_ROLE and PLAN_ROLE of the GitHub environments."
  value = {
    deploy = aws_iam_role.deploy.arn
    apply  = aws_iam_role.apply.arn
    plan   = aws_iam_role.plan.arn
  }
}
