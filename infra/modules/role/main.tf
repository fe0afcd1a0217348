# A role that one AWS service assumes.
data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [var.service]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.environment_name}-${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  # infra/bootstrap makes the boundary. Without it the workflows may not make a role.
  permissions_boundary = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:policy/${var.environment_name}-boundary"
}

resource "aws_iam_role_policy" "this" {
  count = var.has_policy ? 1 : 0

  name   = var.name
  role   = aws_iam_role.this.id
  policy = var.policy
}
