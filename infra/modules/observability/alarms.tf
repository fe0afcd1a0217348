locals {
  database_size = { DBInstanceIdentifier = var.database.name }
  gibibyte      = 1024 * 1024 * 1024

  load_balancer_alarms = {
    unhealthy-answers = {
      namespace  = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", stat = "Sum", above = 20,
      dimensions = { LoadBalancer = var.load_balancer }, runbook = "The load balancer answers errors"
    }
    slow = {
      namespace  = "AWS/ApplicationELB", metric = "TargetResponseTime", stat = "p95", above = 1,
      dimensions = { LoadBalancer = var.load_balancer }, runbook = "Answers are slow"
    }
    certificate = {
      namespace  = "AWS/CertificateManager", metric = "DaysToExpiry", stat = "Minimum", below = 20,
      dimensions = { CertificateArn = var.certificate_arn }, runbook = "A certificate expires"
    }
  }

  database_alarms = {
    for name, alarm in {
      cpu           = { metric = "CPUUtilization", stat = "Average", above = 80, runbook = "The database is busy" }
      connections   = { metric = "DatabaseConnections", stat = "Maximum", above = floor(var.database.max_connections * 0.85), runbook = "The database is busy" }
      memory        = { metric = "FreeableMemory", stat = "Minimum", below = local.gibibyte / 10, runbook = "The database is busy" }
      read-latency  = { metric = "ReadLatency", stat = "Average", above = 0.02, runbook = "The database is busy" }
      disk-queue    = { metric = "DiskQueueDepth", stat = "Average", above = 64, runbook = "The database is busy" }
      storage       = { metric = "FreeStorageSpace", stat = "Minimum", below = var.database.storage_gb * local.gibibyte / 10, runbook = "The database fills up" }
      transactions  = { metric = "MaximumUsedTransactionIDs", stat = "Maximum", above = 1000000000, runbook = "Transaction ids run out" }
      burst-credits = { metric = "CPUCreditBalance", stat = "Minimum", below = 20, runbook = "The database is busy" }
    } : "database-${name}" => merge(alarm, { namespace = "AWS/RDS", dimensions = local.database_size })
    # Only burstable classes have credits.
    if name != "burst-credits" || startswith(var.database.instance_class, "db.t")
  }

  cache_alarms = merge([
    for node in var.cache.nodes : {
      for name, alarm in {
        cpu       = { metric = "EngineCPUUtilization", stat = "Maximum", above = 80 }
        memory    = { metric = "DatabaseMemoryUsagePercentage", stat = "Maximum", above = 80 }
        evictions = { metric = "Evictions", stat = "Sum", above = 0 }
        lag       = { metric = "ReplicationLag", stat = "Maximum", above = 5 }
        bytes-out = { metric = "NetworkBytesOut", stat = "Sum", above = var.cache.max_bytes_out_per_second * 60 }
        throttled = { metric = "NetworkBandwidthOutAllowanceExceeded", stat = "Sum", above = 0 }
      } : "${node}-${name}" => merge(alarm, { namespace = "AWS/ElastiCache", dimensions = { CacheClusterId = node }, runbook = "The cache is busy" })
    }
  ]...)

  nat_alarms = {
    for zone, id in var.nat_gateways : "nat-${zone}" => {
      namespace  = "AWS/NATGateway", metric = "ErrorPortAllocation", stat = "Sum", above = 0,
      dimensions = { NatGatewayId = id }, runbook = "Connections to the internet fail"
    }
  }

  task_alarms = {
    for service, min in var.services : "${service}-missing" => {
      namespace  = "ECS/ContainerInsights", metric = "RunningTaskCount", stat = "Minimum", below = min,
      dimensions = { ClusterName = var.cluster, ServiceName = service }, runbook = "Tasks are missing",
      # Without tasks there is no metric.
      missing = "breaching"
    }
  }

  alarms = merge(local.load_balancer_alarms, local.database_alarms, local.cache_alarms, local.nat_alarms, local.task_alarms)

  global_alarms = {
    media-errors = {
      namespace  = "AWS/CloudFront", metric = "5xxErrorRate", stat = "Average", above = 5,
      dimensions = { DistributionId = var.media.distribution_id, Region = "Global" }, runbook = "Media cannot be downloaded"
    }
    media-certificate = {
      namespace  = "AWS/CertificateManager", metric = "DaysToExpiry", stat = "Minimum", below = 20,
      dimensions = { CertificateArn = var.media.certificate_arn }, runbook = "A certificate expires"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = merge(
    { for name, alarm in local.alarms : name => merge(alarm, { region = var.region, topic = aws_sns_topic.alarms.arn }) },
    { for name, alarm in local.global_alarms : name => merge(alarm, { region = "us-east-1", topic = aws_sns_topic.global.arn }) }
  )

  region              = each.value.region
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Runbook: ${each.value.runbook}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.stat, "p") ? null : each.value.stat
  extended_statistic  = startswith(each.value.stat, "p") ? each.value.stat : null
  period              = each.value.metric == "DaysToExpiry" ? 86400 : 60
  evaluation_periods  = each.value.metric == "DaysToExpiry" ? 1 : 5
  datapoints_to_alarm = each.value.metric == "DaysToExpiry" ? 1 : 3
  comparison_operator = can(each.value.above) ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = try(each.value.above, each.value.below)
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [each.value.topic]
  ok_actions          = [each.value.topic]
}
