locals {
  name       = "taar-${var.environment}"
  production = var.environment == "production"

  # dev can be destroyed with all that it holds, and made again.
  disposable = var.environment == "dev"
  routes     = jsondecode(file("${path.module}/routes.json"))
}

module "network" {
  source = "./modules/network"

  name          = local.name
  cidr          = var.network.cidr
  nat_per_az    = var.network.nat_per_az
  endpoints     = var.network.endpoints
  flow_log_days = var.network.flow_log_days
}

resource "aws_security_group" "services" {
  name        = "${local.name}-services"
  description = "Tasks of the services"
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_edge" {
  for_each = local.routes

  security_group_id            = aws_security_group.services.id
  description                  = each.key
  referenced_security_group_id = module.edge.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "edge_to_services" {
  for_each = local.routes

  security_group_id            = module.edge.security_group_id
  description                  = each.key
  referenced_security_group_id = aws_security_group.services.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "services" {
  security_group_id = aws_security_group.services.id
  description       = "Database, cache, AWS, Firebase"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

module "edge" {
  source = "./modules/edge"

  name                = local.name
  domain              = var.domain
  zone                = var.zone
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  deletion_protection = local.production
  force_destroy       = local.disposable
  log_days            = var.log_days
}

module "database" {
  source = "./modules/database"

  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.isolated_subnet_ids
  client_security_group_id = aws_security_group.services.id
  instance_class           = var.database.instance_class
  storage_gb               = var.database.storage_gb
  max_storage_gb           = var.database.max_storage_gb
  multi_az                 = var.database.multi_az
  backup_days              = var.database.backup_days
  deletion_protection      = var.database.deletion_protection
  max_connections          = var.database.max_connections
  apply_immediately        = var.apply_immediately
  backup_window            = var.windows.backup
  maintenance_window       = var.windows.database
  final_snapshot           = var.database.final_snapshot
  log_days                 = var.log_days
}

module "cache" {
  source = "./modules/cache"

  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.isolated_subnet_ids
  client_security_group_id = aws_security_group.services.id
  node_type                = var.cache.node_type
  replicas                 = var.cache.replicas
  apply_immediately        = var.apply_immediately
  maintenance_window       = var.windows.cache
}

module "media" {
  source = "./modules/media"

  name        = local.name
  domain      = var.media_domain
  zone        = var.media_zone
  web_origins = var.web_origins
  public_keys = var.media_public_keys

  force_destroy = local.disposable
}

module "delivery" {
  source = "./modules/delivery"

  name     = local.name
  services = toset(keys(local.routes))

  force_destroy = local.disposable
}

module "observability" {
  source = "./modules/observability"

  name               = local.name
  region             = var.region
  email              = var.alarm_email
  monthly_budget_usd = var.monthly_budget_usd
  load_balancer      = module.edge.load_balancer
  certificate_arn    = module.edge.certificate_arn
  nat_gateways       = module.network.nat_gateways
  cluster            = aws_ecs_cluster.this.name
  services           = { for name, size in var.services : name => size.min }

  database = {
    name            = module.database.identifier
    instance_class  = var.database.instance_class
    storage_gb      = var.database.storage_gb
    max_connections = var.database.max_connections
  }

  cache = {
    nodes                    = module.cache.nodes
    max_bytes_out_per_second = var.cache.max_bytes_out_per_second
  }

  media = {
    distribution_id = module.media.distribution_id
    certificate_arn = module.media.certificate_arn
  }
}
