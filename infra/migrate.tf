# A task that runs once before each rollout, as the database's owner, from the auth service's image.
locals {
  # The owner's password is RDS's own and rotated by it, so the URL is put together in the task.
  migrate_script = join("", [
    "process.env.DATABASE_URL = 'postgresql://taar_owner:' + encodeURIComponent(process.env.OWNER_PASSWORD) + ",
    "'@${module.database.address}:5432/${module.database.name}?${local.database_query}'; await import('/app/migrate.js');"
  ])

  migrate_secrets = merge(
    { OWNER_PASSWORD = "${module.database.owner_secret_arn}:password::" },
    {
      for service in keys(local.routes) : "DATABASE_PASSWORD_${upper(service)}" =>
      "${aws_secretsmanager_secret.migrate.arn}:DATABASE_PASSWORD_${upper(service)}::"
    }
  )
}

resource "aws_cloudwatch_log_group" "migrate" {
  name              = "/taar/${local.name}/migrate"
  retention_in_days = var.log_days
}

data "aws_iam_policy_document" "task_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "migrate" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    resources = [module.delivery.repositories["auth"].arn]
  }

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [module.database.owner_secret_arn, aws_secretsmanager_secret.migrate.arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.migrate.arn}:*"]
  }
}

resource "aws_iam_role" "migrate" {
  name               = "${local.name}-migrate"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

resource "aws_iam_role_policy" "migrate" {
  name   = "start-the-task"
  role   = aws_iam_role.migrate.id
  policy = data.aws_iam_policy_document.migrate.json
}

resource "aws_ecs_task_definition" "migrate" {
  family                   = "${local.name}-migrate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.migrate.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  container_definitions = jsonencode([{
    name                   = "migrate"
    image                  = lookup(var.release, "auth", "${module.delivery.repositories["auth"].url}:none")
    essential              = true
    readonlyRootFilesystem = true
    user                   = "1000"
    command                = ["node", "--input-type=module", "-e", local.migrate_script, "migrate", "/app/migrations"]
    secrets                = [for name, from in local.migrate_secrets : { name = name, valueFrom = from }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.migrate.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "migrate"
      }
    }
  }])
}
