# Codes cost money by SMS. The auth service has a daily budget; this alarm fires long before it is spent.
resource "aws_cloudwatch_log_metric_filter" "codes_sent" {
  name           = "codes-sent"
  log_group_name = module.service["auth"].log_group
  pattern        = "{ $.otpSent = 1 }"

  metric_transformation {
    namespace     = "Taar"
    name          = "codes-sent"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "codes_sent" {
  alarm_name          = "${local.name}-codes-sent"
  alarm_description   = "Runbook: Codes are sent unusually often."
  namespace           = "Taar"
  metric_name         = aws_cloudwatch_log_metric_filter.codes_sent.metric_transformation[0].name
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_codes_per_hour
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.observability.topic_arn]
  ok_actions          = [module.observability.topic_arn]
}
