# Terraform makes the secrets empty and never knows a value. `npm run secrets:push` writes the values
# that services and migration read when their tasks start.
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

  # The last key by name signs links to media; the other one, if any, is being replaced.
  signing_key = reverse(sort(keys(var.media_public_keys)))[0]

  # Staging and production keep a deleted secret for a while; dev can be destroyed and made again.
  secret_recovery_days = { dev = 0, staging = 7, production = 30 }[var.environment]
}

resource "aws_secretsmanager_secret" "service" {
  for_each = local.routes

  name                    = "${local.name}/${each.key}"
  description             = "Settings that only the ${each.key} service may read."
  recovery_window_in_days = local.secret_recovery_days
}

resource "aws_secretsmanager_secret" "migrate" {
  name                    = "${local.name}/migrate"
  description             = "Passwords that the migration gives to the database roles of the services."
  recovery_window_in_days = local.secret_recovery_days
}
