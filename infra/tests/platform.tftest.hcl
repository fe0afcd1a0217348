# The tests need no AWS account: Terraform makes up what the provider would compute.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment        = "dev"
  region             = "eu-central-1"
  domain             = "api.test.example"
  media_domain       = "media.test-media.example"
  zone               = "test.example"
  media_zone         = "test-media.example"
  log_days           = 7
  alarm_email        = "ops@test.example"
  monthly_budget_usd = 100
  firebase_project   = "test"
  media_public_keys  = { a = "PEM\n" }

  network = { cidr = "10.0.0.0/16", nat_per_az = false, endpoints = false, flow_log_days = 1 }

  database = {
    instance_class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 40, multi_az = false,
    backup_days    = 3, deletion_protection = false, max_connections = 160
  }

  windows = { backup = "01:00-01:30", database = "tue:02:00-tue:03:00", cache = "tue:03:00-tue:04:00" }

  cache = { node_type = "cache.t4g.micro", replicas = 0, max_bytes_out_per_second = 5000000 }

  services = {
    auth   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    chat   = { cpu = 512, memory = 1024, min = 2, max = 3, database_pool = 8 }
    user   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    media  = { cpu = 512, memory = 1024, min = 1, max = 2, database_pool = 5 }
    status = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
  }
}

run "every_service_has_a_rule_that_a_load_balancer_accepts" {
  command = plan

  assert {
    condition     = alltrue([for name, route in local.routes : length(route.paths) <= 3])
    error_message = "A condition has more than three values."
  }

  assert {
    condition     = length(distinct([for route in local.routes : route.priority])) == 5
    error_message = "Two services have the same priority."
  }
}

run "the_database_has_connections_for_all_tasks" {
  command = plan

  # A rollout runs twice the tasks. Ten connections are left for operators and migrations.
  assert {
    condition = sum([
      for name, size in var.services : size.max * 2 * size.database_pool
    ]) <= var.database.max_connections - 10
    error_message = "The pools of all tasks hold more than max_connections."
  }
}

run "more_tasks_than_the_database_can_serve_are_an_error" {
  command = plan

  variables {
    database = {
      instance_class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 40, multi_az = false,
      backup_days    = 3, deletion_protection = false, max_connections = 50
    }
  }

  expect_failures = [var.services]
}

run "an_unknown_environment_is_an_error" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "a_service_without_a_size_is_an_error" {
  command = plan

  variables {
    services = {
      auth = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    }
  }

  expect_failures = [var.services]
}

run "only_chat_has_one_target_group" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.migrate.family == "taar-dev-migrate"
    error_message = "infra/deploy does not find the migration by this name."
  }

  assert {
    condition     = alltrue([for name, group in module.service : length(group.target_groups) == (name == "chat" ? 1 : 2)])
    error_message = "HTTP services need two target groups to swap; chat replaces its tasks in one."
  }
}
