# Changes the infrastructure. It can make roles, but only within the boundary, and it can change
# neither the boundary nor the roles of the workflows.
resource "aws_iam_role" "apply" {
  name                 = "${local.name}-apply"
  assume_role_policy   = data.aws_iam_policy_document.trust["apply"].json
  max_session_duration = 7200
}

resource "aws_iam_role_policy_attachment" "apply" {
  role       = aws_iam_role.apply.name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

# The most that a role of the environment can ever be permitted, whatever its policies say.
data "aws_iam_policy_document" "boundary" {
  statement {
    sid       = "SignInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    resources = ["arn:aws:ecr:${var.region}:${local.account}:repository/${local.name}/*"]
  }

  # RDS names the secret of the database's owner itself.
  statement {
    sid     = "ReadSecrets"
    actions = ["secretsmanager:GetSecretValue"]
    resources = [
      "arn:aws:secretsmanager:${var.region}:${local.account}:secret:${local.name}/*",
      "arn:aws:secretsmanager:${var.region}:${local.account}:secret:rds!*"
    ]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["arn:aws:logs:${var.region}:${local.account}:log-group:/taar/${local.name}/*"]
  }

  statement {
    sid = "UseMedia"
    actions = [
      "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
      "s3:ListBucket", "s3:ListBucketMultipartUploads"
    ]
    resources = ["arn:aws:s3:::${local.name}-media-*"]
  }

  statement {
    sid = "ShiftTraffic"
    actions = [
      "elasticloadbalancing:Describe*", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule",
      "elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name   = "${local.name}-boundary"
  policy = data.aws_iam_policy_document.boundary.json
}

data "aws_iam_policy_document" "apply" {
  statement {
    sid = "GiveRolesPermissions"
    actions = [
      "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
      "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"
    ]
    resources = ["arn:aws:iam::${local.account}:role/${local.name}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid = "ManageRoles"
    actions = [
      "iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:ListRoleTags", "iam:PassRole", "iam:TagRole",
      "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"
    ]
    resources = ["arn:aws:iam::${local.account}:role/${local.name}-*"]
  }

  statement {
    sid       = "MakeRolesOfAwsServices"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:aws:iam::${local.account}:role/aws-service-role/*"]
  }

  statement {
    sid       = "KeepRolesOfWorkflows"
    effect    = "Deny"
    actions   = ["iam:*"]
    resources = [aws_iam_role.deploy.arn, aws_iam_role.plan.arn, aws_iam_role.apply.arn, aws_iam_policy.boundary.arn]
  }
}

resource "aws_iam_role_policy" "apply" {
  name   = "make-roles"
  role   = aws_iam_role.apply.id
  policy = data.aws_iam_policy_document.apply.json
}
