locals {
  widgets = [
    {
      title   = "Responses by status"
      metrics = [for code in ["2XX", "4XX", "5XX"] : ["AWS/ApplicationELB", "HTTPCode_Target_${code}_Count", "LoadBalancer", var.load_balancer]]
      stat    = "Sum"
    },
    {
      title   = "Response time of the main operations, p95, ms"
      metrics = [for operation in ["sendMessage", "send_message", "listChats", "sync", "verifyOtp", "uploadMedia"] : ["Taar", "responseTime", "operation", operation]]
      stat    = "p95"
    },
    {
      title   = "Time from a send to its device, p95, ms"
      metrics = [["Taar", "sendToDeviceAck", "service", "chat"]]
      stat    = "p95"
    },
    {
      title   = "Pushes accepted by FCM, and acknowledged by devices"
      metrics = [for metric in ["pushesAccepted", "pushesAcknowledged"] : ["Taar", metric, "service", "chat"]]
      stat    = "Sum"
    },
    {
      title   = "Codes verified, and codes that fraud protection refused"
      metrics = concat([["Taar", "otpVerified"]], [for verdict in ["refuse", "challenge"] : ["Taar", "otpThrottled", "verdict", verdict]])
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
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.database.name],
        ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", var.database.name]
      ]
      stat = "Average"
    },
    {
      title   = "Cache"
      metrics = [for node in var.cache.nodes : ["AWS/ElastiCache", "EngineCPUUtilization", "CacheClusterId", node]]
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
