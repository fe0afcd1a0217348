# A task that each deployment runs once, before the services change. It uses the auth service's image
# and signs in to the database as its owner.
locals {
  # RDS makes and rotates the owner's password, so the task itself puts the URL together.
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

module "migrate_role" {
  source = "./modules/execution-role"

  environment_name = local.name
  name             = "migrate"
  repository_arn   = module.delivery.repositories["auth"].arn
  secret_arns      = [module.database.owner_secret_arn, aws_secretsmanager_secret.migrate.arn]
  log_group_arn    = aws_cloudwatch_log_group.migrate.arn
}

resource "aws_ecs_task_definition" "migrate" {
  family                   = "${local.name}-migrate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.migrate_role.arn

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
