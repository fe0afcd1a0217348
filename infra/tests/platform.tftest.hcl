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
  media_public_keys  = { a = "PEM" }

  network = { cidr = "10.0.0.0/16", nat_per_az = false, endpoints = false, flow_log_days = 1 }

  database = {
    instance_class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 40, multi_az = false,
    backup_days    = 3, deletion_protection = false, max_connections = 160
  }

  cache = { node_type = "cache.t4g.micro", replicas = 0 }

  services = {
    auth   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    chat   = { cpu = 512, memory = 1024, min = 2, max = 3, database_pool = 8 }
    user   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    media  = { cpu = 512, memory = 1024, min = 1, max = 2, database_pool = 5 }
    status = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
  }
}

run "every_service_has_one_rule_that_a_load_balancer_takes" {
  command = plan

  assert {
    condition     = alltrue([for name, route in local.routes : length(route.paths) <= 3])
    error_message = "A condition takes at most three values."
  }

  assert {
    condition     = length(distinct([for route in local.routes : route.priority])) == 5
    error_message = "Two services have the same priority."
  }
}

run "connections_of_all_tasks_fit_into_the_database" {
  command = plan

  # During a rollout there are twice as many tasks; ten connections are for people and migrations.
  assert {
    condition = sum([
      for name, size in var.services : size.max * 2 * size.database_pool
    ]) <= var.database.max_connections - 10
    error_message = "Tasks times pools are more than max_connections."
  }
}

run "too_many_tasks_for_the_database_are_refused" {
  command = plan

  variables {
    database = {
      instance_class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 40, multi_az = false,
      backup_days    = 3, deletion_protection = false, max_connections = 50
    }
  }

  expect_failures = [var.services]
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "a_service_without_a_size_is_refused" {
  command = plan

  variables {
    services = {
      auth = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    }
  }

  expect_failures = [var.services]
}

run "http_services_swap_two_sets_of_tasks_and_chat_drains" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.migrate.family == "taar-dev-migrate"
    error_message = "The migration has another name than the deployment expects."
  }

  assert {
    condition     = alltrue([for name, group in module.service : length(group.target_groups) == (name == "chat" ? 1 : 2)])
    error_message = "HTTP services swap two sets of tasks, chat drains one by one."
  }
}
