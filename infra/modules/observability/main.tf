resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}

locals {
  # Each alarm: what it watches, when it speaks, and what whoever is woken does (infra/README.md).
  alarms = merge(
    {
      unhealthy-answers = {
        namespace  = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", stat = "Sum", above = 20,
        dimensions = { LoadBalancer = var.load_balancer }, runbook = "The load balancer answers errors"
      }
      slow = {
        namespace  = "AWS/ApplicationELB", metric = "TargetResponseTime", stat = "p95", above = 1,
        dimensions = { LoadBalancer = var.load_balancer }, runbook = "Answers are slow"
      }
      database-cpu = {
        namespace  = "AWS/RDS", metric = "CPUUtilization", stat = "Average", above = 80,
        dimensions = { DBInstanceIdentifier = var.database }, runbook = "The database is busy"
      }
      database-connections = {
        namespace  = "AWS/RDS", metric = "DatabaseConnections", stat = "Maximum", above = floor(var.max_connections * 0.85),
        dimensions = { DBInstanceIdentifier = var.database }, runbook = "The database is busy"
      }
      database-storage = {
        namespace  = "AWS/RDS", metric = "FreeStorageSpace", stat = "Minimum", below = 5 * 1024 * 1024 * 1024,
        dimensions = { DBInstanceIdentifier = var.database }, runbook = "The database fills up"
      }
    },
    merge([
      for node in var.cache_nodes : {
        "${node}-cpu" = {
          namespace  = "AWS/ElastiCache", metric = "EngineCPUUtilization", stat = "Maximum", above = 80,
          dimensions = { CacheClusterId = node }, runbook = "The cache is busy"
        }
        "${node}-memory" = {
          namespace  = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", stat = "Maximum", above = 80,
          dimensions = { CacheClusterId = node }, runbook = "The cache is busy"
        }
      }
    ]...),
    {
      for service, min in var.services : "${service}-missing" => {
        namespace  = "ECS/ContainerInsights", metric = "RunningTaskCount", stat = "Minimum", below = min,
        dimensions = { ClusterName = var.cluster, ServiceName = service }, runbook = "Tasks are missing",
        silence    = "breaching"
      }
    }
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Runbook: ${each.value.runbook}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.stat, "p") ? null : each.value.stat
  extended_statistic  = startswith(each.value.stat, "p") ? each.value.stat : null
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = can(each.value.above) ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = try(each.value.above, each.value.below)
  treat_missing_data  = try(each.value.silence, "notBreaching")
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  widgets = [
    {
      title   = "Answers by status"
      metrics = [for code in ["2XX", "4XX", "5XX"] : ["AWS/ApplicationELB", "HTTPCode_Target_${code}_Count", "LoadBalancer", var.load_balancer]]
      stat    = "Sum"
    },
    {
      title   = "Response time of the main operations, p95, ms"
      metrics = [for operation in ["sendMessage", "send_message", "listChats", "sync", "verifyOtp", "uploadMedia"] : ["Taar", "responseTime", "operation", operation]]
      stat    = "p95"
    },
    {
      title   = "From a send to its device, p95, ms"
      metrics = [["Taar", "sendToDeviceAck", "service", "chat"]]
      stat    = "p95"
    },
    {
      title   = "Pushes that FCM took, and that arrived"
      metrics = [for metric in ["pushesAccepted", "pushesAcknowledged"] : ["Taar", metric, "service", "chat"]]
      stat    = "Sum"
    },
    {
      title   = "Connections per chat task"
      metrics = [["Taar", "sockets", "service", "chat"]]
      stat    = "Average"
    },
    {
      title   = "Tasks"
      metrics = [for service in keys(var.services) : ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", var.cluster, "ServiceName", service]]
      stat    = "Average"
    },
    {
      title = "Database"
      metrics = [
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.database],
        ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", var.database]
      ]
      stat = "Average"
    },
    {
      title   = "Cache"
      metrics = [for node in var.cache_nodes : ["AWS/ElastiCache", "EngineCPUUtilization", "CacheClusterId", node]]
      stat    = "Maximum"
    }
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for i, widget in local.widgets : {
        type   = "metric"
        x      = (i % 2) * 12
        y      = floor(i / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          metrics = widget.metrics
          stat    = widget.stat
          period  = 60
          region  = var.region
          view    = "timeSeries"
        }
      }
    ]
  })
}

resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "FORECASTED"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.email]
  }
}
