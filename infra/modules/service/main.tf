locals {
  full_name = "${var.platform.name}-${var.name}"

  # Longer than a drain takes, and below the 120 s that Fargate waits before it kills the task.
  stop_timeout = 110

  container = {
    name                   = var.name
    image                  = var.image
    essential              = true
    readonlyRootFilesystem = true
    user                   = "1000"
    stopTimeout            = local.stop_timeout

    portMappings = [{ containerPort = var.route.port, protocol = "tcp" }]
    environment  = [for name, value in var.environment : { name = name, value = value }]
    secrets      = [for name, from in var.secrets : { name = name, valueFrom = from }]

    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"], add = [] }
    }

    mountPoints = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]

    healthCheck = {
      # A task at its busiest answers late, and must not be killed for that.
      command     = ["CMD", "/app/alive"]
      interval    = 10
      timeout     = 10
      retries     = 5
      startPeriod = 20
    }

    # Log lines that cannot be sent are dropped: a blocked log would block the process.
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.platform.region
        awslogs-stream-prefix = var.name
        mode                  = "non-blocking"
        max-buffer-size       = "25m"
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/taar/${var.platform.name}/${var.name}"
  retention_in_days = var.platform.log_days
}

module "execution_role" {
  source = "../execution-role"

  environment_name = var.platform.name
  name             = "${var.name}-execution"
  repository_arn   = var.repository_arn
  secret_arns      = [var.secret_arn]
  log_group_arn    = aws_cloudwatch_log_group.this.arn
}

# Permissions of the service itself: none, unless it is given a policy.
module "task_role" {
  source = "../role"

  environment_name = var.platform.name
  name             = "${var.name}-task"
  has_policy       = var.has_policy
  policy           = var.policy
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.full_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = module.execution_role.arn
  task_role_arn            = module.task_role.arn
  container_definitions    = jsonencode([local.container])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = var.platform.cluster_arn
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.size.min
  propagate_tags  = "SERVICE"

  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  capacity_provider_strategy {
    capacity_provider = var.platform.capacity_provider
    weight            = 1
  }

  network_configuration {
    subnets         = var.platform.subnet_ids
    security_groups = [var.platform.security_group_id]
  }

  load_balancer {
    container_name   = var.name
    container_port   = var.route.port
    target_group_arn = aws_lb_target_group.this["blue"].arn

    dynamic "advanced_configuration" {
      for_each = var.blue_green ? [1] : []

      content {
        alternate_target_group_arn = aws_lb_target_group.this["green"].arn
        production_listener_rule   = aws_lb_listener_rule.this.arn
        role_arn                   = var.platform.deployment_role_arn
      }
    }
  }

  # Sockets move from task to task, one task after another. Requests can move to the new tasks, and
  # back, at once.
  deployment_configuration {
    strategy             = var.blue_green ? "BLUE_GREEN" : "ROLLING"
    bake_time_in_minutes = var.blue_green ? 5 : null
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  alarms {
    enable      = true
    rollback    = true
    alarm_names = [aws_cloudwatch_metric_alarm.errors.alarm_name]
  }

  # A deployment chooses the image, and scaling chooses the count.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
}
