# A deployment that the circuit breaker or an alarm ended.
resource "aws_cloudwatch_event_rule" "deployments" {
  name = "${var.name}-failed-deployments"

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
    resources   = [{ wildcard = "*:service/${var.cluster}/*" }]
  })
}

resource "aws_cloudwatch_event_target" "deployments" {
  rule = aws_cloudwatch_event_rule.deployments.name
  arn  = aws_sns_topic.alarms.arn
}

resource "aws_db_event_subscription" "database" {
  name             = "${var.name}-database"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [var.database.name]
  event_categories = ["availability", "failover", "failure", "low storage", "maintenance", "recovery"]
}
