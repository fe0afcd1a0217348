# A blue/green deployment changes which target group answers, so the alarm counts both.
locals {
  groups   = var.blue_green ? ["blue", "green"] : ["blue"]
  errors   = join(" + ", [for group in local.groups : "FILL(errors_${group}, 0)"])
  requests = join(" + ", [for group in local.groups : "FILL(requests_${group}, 0)"])

  answers = merge([
    for group in local.groups : {
      "errors_${group}"   = { group = group, metric = "HTTPCode_Target_5XX_Count" }
      "requests_${group}" = { group = group, metric = "RequestCount" }
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.full_name}-errors"
  alarm_description   = "More than 1 % of the answers of ${var.name} are 5xx. Runbook: A service answers errors."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.platform.alarm_topic_arn]
  ok_actions          = [var.platform.alarm_topic_arn]

  metric_query {
    id          = "percent"
    expression  = "IF((${local.requests}) > 20, 100 * (${local.errors}) / (${local.requests}), 0)"
    label       = "5xx, percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.answers

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value.metric
        period      = 60
        stat        = "Sum"

        dimensions = {
          LoadBalancer = var.platform.load_balancer
          TargetGroup  = aws_lb_target_group.this[metric_query.value.group].arn_suffix
        }
      }
    }
  }
}

locals {
  # Metrics made of lines of the log.
  counted = {
    error-lines       = { pattern = "{ $.level = \"error\" }", value = "1", above = 10, runbook = "A service answers errors" }
    failed-operations = { pattern = "{ $.serverErrors = 1 }", value = "1", above = 20, runbook = "A service answers errors" }
    dead-letters      = { pattern = "{ $.deadLetters > 0 }", value = "$.deadLetters", above = 0, runbook = "Jobs fail or wait" }
    late-jobs         = { pattern = "{ $.oldestDueJob > 300000 }", value = "1", above = 3, runbook = "Jobs fail or wait" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.counted

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value.pattern

  metric_transformation {
    namespace     = "Taar"
    name          = "${var.name}-${each.key}"
    value         = each.value.value
    default_value = "0"
  }
}

locals {
  of_service = { ClusterName = var.platform.cluster_name, ServiceName = var.name }

  alarms = merge(
    {
      for name, filter in local.counted : name => {
        namespace = "Taar", metric = "${var.name}-${name}", stat = "Sum", above = filter.above, dimensions = {},
        runbook   = filter.runbook
      }
    },
    {
      for group in local.groups : "unhealthy-${group}" => {
        namespace  = "AWS/ApplicationELB", metric = "UnHealthyHostCount", stat = "Maximum", above = 0,
        dimensions = { LoadBalancer = var.platform.load_balancer, TargetGroup = aws_lb_target_group.this[group].arn_suffix },
        runbook    = "Tasks are missing"
      }
    },
    {
      for name, metric in { cpu = "CPUUtilization", memory = "MemoryUtilization" } : name => {
        namespace               = "AWS/ECS", metric = metric, stat = "Average", above = 85,
        dimensions              = local.of_service, runbook = "Tasks are busy"
      }
    }
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.full_name}-${each.key}"
  alarm_description   = "Runbook: ${each.value.runbook}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.platform.alarm_topic_arn]
  ok_actions          = [var.platform.alarm_topic_arn]
}
