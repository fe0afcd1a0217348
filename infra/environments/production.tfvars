environment  = "production"
region       = "eu-central-1"
domain       = "api.taar.example"
media_domain = "media.taar-media.example"
zone         = "taar.example"
media_zone   = "taar-media.example"

network = {
  cidr          = "10.30.0.0/16"
  nat_per_az    = true
  endpoints     = true
  flow_log_days = 30
}

database = {
  instance_class      = "db.m7g.large"
  storage_gb          = 100
  max_storage_gb      = 1000
  multi_az            = true
  backup_days         = 30
  deletion_protection = true
  max_connections     = 900
}

windows = {
  backup   = "01:00-01:30"
  database = "tue:02:00-tue:03:00"
  cache    = "tue:03:00-tue:04:00"
}

cache = {
  node_type = "cache.m7g.large"
  replicas  = 2

  # Some 60 % of the bytes that a node of this type can send for long.
  max_bytes_out_per_second = 70000000
}

services = {
  auth   = { cpu = 512, memory = 1024, min = 2, max = 8, database_pool = 6 }
  chat   = { cpu = 1024, memory = 2048, min = 4, max = 30, database_pool = 6 }
  user   = { cpu = 512, memory = 1024, min = 2, max = 8, database_pool = 6 }
  media  = { cpu = 1024, memory = 2048, min = 2, max = 8, database_pool = 6 }
  status = { cpu = 512, memory = 1024, min = 2, max = 8, database_pool = 6 }
}

spot               = false
log_days           = 90
alarm_email        = "ops@taar.example"
monthly_budget_usd = 2500
firebase_project   = "taar-production"

media_public_keys = {
  a = <<-PEM
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0000000000000000000000
    -----END PUBLIC KEY-----
  PEM
}
