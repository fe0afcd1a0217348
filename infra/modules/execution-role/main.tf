# Permissions that ECS needs to start a task: its image, its secrets and its log.
data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    resources = [var.repository_arn]
  }

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = var.secret_arns
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.log_group_arn}:*"]
  }
}

module "role" {
  source = "../role"

  environment_name = var.environment_name
  name             = var.name
  policy           = data.aws_iam_policy_document.this.json
}
