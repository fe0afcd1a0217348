environment  = "staging"
region       = "eu-central-1"
domain       = "api.staging.taar.example"
media_domain = "media.staging.taar-media.example"
zone         = "staging.taar.example"
media_zone   = "staging.taar-media.example"

network = {
  cidr          = "10.20.0.0/16"
  nat_per_az    = false
  endpoints     = false
  flow_log_days = 7
}

database = {
  instance_class      = "db.t4g.small"
  storage_gb          = 20
  max_storage_gb      = 100
  multi_az            = false
  backup_days         = 7
  deletion_protection = false
  max_connections     = 200
}

windows = {
  backup   = "01:00-01:30"
  database = "tue:02:00-tue:03:00"
  cache    = "tue:03:00-tue:04:00"
}

cache = {
  node_type = "cache.t4g.micro"
  replicas  = 1

  # Some 60 % of the bytes that a node of this type can send for long.
  max_bytes_out_per_second = 5000000
}

services = {
  auth   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
  chat   = { cpu = 512, memory = 1024, min = 2, max = 4, database_pool = 10 }
  user   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
  media  = { cpu = 512, memory = 1024, min = 1, max = 2, database_pool = 5 }
  status = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
}

spot               = false
log_days           = 14
alarm_email        = "ops@taar.example"
monthly_budget_usd = 600
firebase_project   = "taar-staging"

media_public_keys = {
  a = <<-PEM
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0000000000000000000000
    -----END PUBLIC KEY-----
  PEM
}
