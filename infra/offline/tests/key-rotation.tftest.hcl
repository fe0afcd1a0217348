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

  network = { cidr = "10.0.0.0/16", nat_per_az = false, endpoints = false, flow_log_days = 1 }

  database = {
    instance_class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 40, multi_az = false,
    backup_days    = 3, deletion_protection = false, max_connections = 160
  }

  windows = { backup = "01:00-01:30", database = "tue:02:00-tue:03:00", cache = "tue:03:00-tue:04:00" }

  cache = { node_type = "cache.t4g.micro", replicas = 0, max_bytes_out_per_second = 5000000 }

  services = {
    auth   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    chat   = { cpu = 512, memory = 1024, min = 2, max = 3, database_pool = 8 }
    user   = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
    media  = { cpu = 512, memory = 1024, min = 1, max = 2, database_pool = 5 }
    status = { cpu = 256, memory = 512, min = 1, max = 2, database_pool = 5 }
  }
}

# CloudFront refuses to delete a public key while a key group names it, so the group changes first.
run "links_to_media_are_signed_by_the_only_key" {
  variables {
    media_public_keys = { a = "FIRST\n" }
  }

  assert {
    condition     = output.secrets.signing_key_id == module.media.key_ids["a"]
    error_message = "Links are not signed by the only key."
  }
}

run "a_second_key_signs_while_the_first_still_verifies" {
  variables {
    media_public_keys = { a = "FIRST\n", b = "SECOND\n" }
  }

  assert {
    condition     = output.secrets.signing_key_id == module.media.key_ids["b"]
    error_message = "Links are not signed by the last key by name."
  }

  assert {
    condition     = length(module.media.key_ids) == 2
    error_message = "Links signed by the first key can no longer be verified."
  }
}

run "the_first_key_can_be_removed" {
  variables {
    media_public_keys = { b = "SECOND\n" }
  }

  assert {
    condition     = keys(module.media.key_ids) == ["b"]
    error_message = "The first key is still there."
  }
}

run "a_key_can_be_replaced_under_its_name" {
  variables {
    media_public_keys = { b = "THIRD\n" }
  }

  assert {
    condition     = keys(module.media.key_ids) == ["b"]
    error_message = "The key was not replaced."
  }
}
