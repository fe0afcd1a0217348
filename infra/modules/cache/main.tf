resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Valkey, for the services only"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "services" {
  security_group_id            = aws_security_group.this.id
  description                  = "Valkey from the services"
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

# A client that may publish can send to every socket, so the services' user is limited to its own
# prefix of keys and channels. Redis allows a pattern subscription only if the rule names that very
# pattern, hence the third entry: "&taar:*" does not cover it.
resource "aws_elasticache_user" "services" {
  user_id       = "${var.name}-services"
  user_name     = "taar"
  engine        = "valkey"
  access_string = "on ~taar:* &taar:* &taar:io#/#* -@all +@read +@write +@pubsub +@scripting +@transaction +@connection -@dangerous +info"

  # Random, never stored, and written only when the user is made: `npm run secrets:push` replaces it.
  passwords_wo         = uuid()
  passwords_wo_version = 1
}

# A group needs a user of this name. Its password is random and stored nowhere.
resource "aws_elasticache_user" "default" {
  user_id       = "${var.name}-default"
  user_name     = "default"
  engine        = "valkey"
  access_string = "off -@all"

  passwords_wo         = uuid()
  passwords_wo_version = 1
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.default.user_id, aws_elasticache_user.services.user_id]
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Hints between the services of ${var.name}, all of which may be lost"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = var.node_type
  num_cache_clusters   = 1 + var.replicas

  automatic_failover_enabled = var.replicas > 0
  multi_az_enabled           = var.replicas > 0

  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.this.id]
  user_group_ids             = [aws_elasticache_user_group.this.id]
  transit_encryption_enabled = true
  at_rest_encryption_enabled = true

  parameter_group_name = aws_elasticache_parameter_group.this.name

  # A change that replaces nodes waits for the window, unless apply_immediately says otherwise.
  apply_immediately  = var.apply_immediately
  maintenance_window = var.maintenance_window
}

resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = "valkey8"

  parameter {
    name  = "maxmemory-policy"
    value = "volatile-ttl"
  }
}
