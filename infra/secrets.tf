# Values come with the first apply and whenever `secrets_version` grows; the state never holds them.
variable "secrets" {
  description = "What `npm run secrets -w @taar/infra` makes. Null leaves the stored values as they are."
  type = object({
    database_passwords       = map(string)
    redis_password           = string
    token_keys               = string
    auth_secret              = string
    contacts_secret          = string
    cdn_private_key          = string
    firebase_api_key         = string
    firebase_service_account = string
  })
  default   = null
  ephemeral = true
  sensitive = true
}

variable "secrets_version" {
  description = "Grows whenever a secret changes."
  type        = number
  default     = 1
}

locals {
  shared_secrets = ["DATABASE_URL", "REDIS_URL"]

  secret_names = {
    auth   = concat(local.shared_secrets, ["TOKEN_KEYS", "AUTH_SECRET", "FIREBASE_API_KEY", "FIREBASE_SERVICE_ACCOUNT"])
    chat   = concat(local.shared_secrets, ["FIREBASE_SERVICE_ACCOUNT"])
    user   = concat(local.shared_secrets, ["CONTACTS_SECRET"])
    media  = concat(local.shared_secrets, ["CDN_KEY_PAIR_ID", "CDN_PRIVATE_KEY"])
    status = local.shared_secrets
  }

  database_query = "sslmode=verify-full&sslrootcert=/app/rds-ca.pem"

  # No secret, but kept beside its private half: a task that starts gets both or neither.
  signing_key = reverse(sort(keys(var.media_public_keys)))[0]

  # Each service signs in to the database as its own role, which may write only its own tables.
  secret_values = var.secrets == null ? null : {
    for service in keys(local.routes) : service => {
      DATABASE_URL             = "postgresql://taar_${service}:${urlencode(var.secrets.database_passwords[service])}@${module.database.address}:5432/${module.database.name}?${local.database_query}"
      REDIS_URL                = "rediss://taar:${urlencode(var.secrets.redis_password)}@${module.cache.host}:6379"
      TOKEN_KEYS               = var.secrets.token_keys
      AUTH_SECRET              = var.secrets.auth_secret
      CONTACTS_SECRET          = var.secrets.contacts_secret
      CDN_KEY_PAIR_ID          = module.media.key_ids[local.signing_key]
      CDN_PRIVATE_KEY          = var.secrets.cdn_private_key
      FIREBASE_API_KEY         = var.secrets.firebase_api_key
      FIREBASE_SERVICE_ACCOUNT = var.secrets.firebase_service_account
    }
  }
}

resource "aws_secretsmanager_secret" "service" {
  for_each = local.routes

  name                    = "${local.name}/${each.key}"
  description             = "What the ${each.key} service alone reads."
  recovery_window_in_days = local.production ? 30 : 7
}

resource "aws_secretsmanager_secret_version" "service" {
  for_each = local.routes

  secret_id = aws_secretsmanager_secret.service[each.key].id
  secret_string_wo = local.secret_values == null ? null : jsonencode({
    for name in local.secret_names[each.key] : name => local.secret_values[each.key][name]
  })
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret" "migrate" {
  name                    = "${local.name}/migrate"
  description             = "Passwords that a migration gives to the services' roles."
  recovery_window_in_days = local.production ? 30 : 7
}

resource "aws_secretsmanager_secret_version" "migrate" {
  secret_id = aws_secretsmanager_secret.migrate.id
  secret_string_wo = var.secrets == null ? null : jsonencode({
    for service, password in var.secrets.database_passwords : "DATABASE_PASSWORD_${upper(service)}" => password
  })
  secret_string_wo_version = var.secrets_version
}
