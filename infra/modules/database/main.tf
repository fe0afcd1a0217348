resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL, for the services only"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "services" {
  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from the services"
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-17"
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }

  parameter {
    name  = "timezone"
    value = "UTC"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # Parameters of statements hold messages and phone numbers, which no log may hold.
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_parameter_max_length_on_error"
    value = "0"
  }

  # The default adds the details of an error, such as the row or the phone number that broke a rule.
  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }
}

# RDS makes the groups that it does not find, and those keep every line for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_days
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.instance_class

  db_name                     = "taar"
  username                    = "taar_owner"
  manage_master_user_password = true

  storage_type          = "gp3"
  allocated_storage     = var.storage_gb
  max_allocated_storage = var.max_storage_gb
  storage_encrypted     = true

  multi_az               = var.multi_az
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name

  # A change that restarts the server waits for the window, unless apply_immediately says otherwise.
  apply_immediately          = var.apply_immediately
  backup_window              = var.backup_window
  maintenance_window         = var.maintenance_window
  auto_minor_version_upgrade = true

  backup_retention_period = var.backup_days
  copy_tags_to_snapshot   = true
  deletion_protection     = var.deletion_protection
  skip_final_snapshot     = !var.deletion_protection

  # The name of a snapshot that exists already would stop a second destroy.
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-final-${var.final_snapshot}" : null

  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = keys(aws_cloudwatch_log_group.this)
}
