output "url" {
  value = "https://${var.domain}"
}

output "deployment" {
  description = "What infra/deploy needs to know of the environment for a release."
  value = {
    cluster           = aws_ecs_cluster.this.name
    services          = { for name in keys(local.routes) : name => "${local.name}-${name}" }
    repositories      = { for name, repository in module.delivery.repositories : name => repository.url }
    migrate_family    = aws_ecs_task_definition.migrate.family
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = aws_security_group.services.id
  }
}

output "secrets" {
  description = "What infra/deploy needs to know of the environment to write its secrets. It holds no secret."
  value = {
    # Settings of each service by secret; a secret's value is a JSON object of them.
    services = {
      for service, names in local.secret_names :
      service => { secret = aws_secretsmanager_secret.service[service].arn, names = names }
    }
    migrate_secret   = aws_secretsmanager_secret.migrate.arn
    database_address = module.database.address
    database_name    = module.database.name
    database_query   = local.database_query
    cache_host       = module.cache.host
    cache_user_id    = module.cache.user_id
    signing_key_id   = module.media.key_ids[local.signing_key]
  }
}
