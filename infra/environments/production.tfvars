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

cache = {
  node_type = "cache.m7g.large"
  replicas  = 2
}

services = {
  auth   = { cpu = 512, memory = 1024, min = 2, max = 8, database_pool = 6 }
  chat   = { cpu = 2048, memory = 4096, min = 3, max = 20, database_pool = 10 }
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
