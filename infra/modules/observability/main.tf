data "aws_caller_identity" "this" {}

# CloudWatch, EventBridge and RDS publish to the topic.
data "aws_iam_policy_document" "publish" {
  statement {
    actions   = ["sns:Publish"]
    resources = ["arn:aws:sns:*:${data.aws_caller_identity.this.account_id}:${var.name}-*alarms"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "events.rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name   = "${var.name}-alarms"
  policy = data.aws_iam_policy_document.publish.json
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}

# CloudFront and its certificate have their metrics in this region, and an alarm needs a topic there.
resource "aws_sns_topic" "global" {
  region = "us-east-1"
  name   = "${var.name}-global-alarms"
  policy = data.aws_iam_policy_document.publish.json
}

resource "aws_sns_topic_subscription" "global" {
  region    = "us-east-1"
  topic_arn = aws_sns_topic.global.arn
  protocol  = "email"
  endpoint  = var.email
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
