locals {
  common_environment = {
    NODE_ENV         = "production"
    LOG_LEVEL        = "info"
    REDIS_PREFIX     = "taar"
    JWKS_URL         = "https://${var.domain}/auth/.well-known/jwks.json"
    ISSUER           = "https://${var.domain}"
    CORS_ORIGINS     = join(",", var.web_origins)
    TRUST_PROXY_HOPS = "1"
    DRAIN_SECONDS    = "60"
  }

  firebase_environment = { FIREBASE_PROJECT = var.firebase_project }

  storage_environment = {
    S3_REGION           = var.region
    S3_BUCKET           = module.media.bucket
    S3_FORCE_PATH_STYLE = "false"
  }

  environment = {
    auth   = local.firebase_environment
    chat   = local.firebase_environment
    user   = local.storage_environment
    media  = merge(local.storage_environment, { CDN_URL = "https://${var.media_domain}" })
    status = {}
  }

  # Sockets drain over a minute, and an upload takes as long as its file needs.
  drain_seconds = { for name in keys(local.routes) : name => contains(["chat", "media"], name) ? 90 : 30 }
}

resource "aws_ecs_cluster" "this" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = local.production ? "enhanced" : "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

# Lets a blue/green deployment change the rules of the load balancer.
module "deployment_role" {
  source = "./modules/role"

  environment_name = local.name
  name             = "deployment"
  service          = "ecs.amazonaws.com"
  has_policy       = false
}

resource "aws_iam_role_policy_attachment" "deployment" {
  role       = module.deployment_role.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}

module "service" {
  source   = "./modules/service"
  for_each = local.routes

  name           = each.key
  image          = lookup(var.release, each.key, "${module.delivery.repositories[each.key].url}:none")
  repository_arn = module.delivery.repositories[each.key].arn

  platform = {
    name                = local.name
    region              = var.region
    vpc_id              = module.network.vpc_id
    subnet_ids          = module.network.private_subnet_ids
    security_group_id   = aws_security_group.services.id
    cluster_arn         = aws_ecs_cluster.this.arn
    cluster_name        = aws_ecs_cluster.this.name
    capacity_provider   = var.spot ? "FARGATE_SPOT" : "FARGATE"
    listener_arn        = module.edge.listener_arn
    load_balancer       = module.edge.load_balancer
    deployment_role_arn = module.deployment_role.arn
    alarm_topic_arn     = module.observability.topic_arn
    log_days            = var.log_days
  }

  route            = each.value
  size             = var.services[each.key]
  blue_green       = each.key != "chat"
  drain_seconds    = local.drain_seconds[each.key]
  sockets_per_task = each.key == "chat" ? 8000 : null

  environment = merge(local.common_environment, local.environment[each.key], {
    PORT          = tostring(each.value.port)
    DATABASE_POOL = tostring(var.services[each.key].database_pool)
  })

  secrets    = { for name in local.secret_names[each.key] : name => "${aws_secretsmanager_secret.service[each.key].arn}:${name}::" }
  secret_arn = aws_secretsmanager_secret.service[each.key].arn

  has_policy = contains(keys(local.policies), each.key)
  policy     = lookup(local.policies, each.key, null)
}

locals {
  policies = {
    media = data.aws_iam_policy_document.media.json
    user  = data.aws_iam_policy_document.user.json
  }
}

data "aws_iam_policy_document" "media" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = ["${module.media.bucket_arn}/*"]
  }

  # Without this permission S3 answers 403 for an object that does not exist, instead of 404.
  statement {
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [module.media.bucket_arn]
  }
}

# The user service stores a finished export under m/. The media service serves and deletes it.
data "aws_iam_policy_document" "user" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${module.media.bucket_arn}/m/*"]
  }
}
