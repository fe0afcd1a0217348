output "url" {
  value = "https://${var.domain}"
}

# What the deployment reads: infra/deploy.
output "deployment" {
  value = {
    cluster           = aws_ecs_cluster.this.name
    services          = { for name in keys(local.routes) : name => "${local.name}-${name}" }
    repositories      = { for name, repository in module.delivery.repositories : name => repository.url }
    migrate_family    = aws_ecs_task_definition.migrate.family
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = aws_security_group.services.id
  }
}
