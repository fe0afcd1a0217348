resource "aws_lb_target_group" "this" {
  for_each = toset(local.groups)

  name        = "${local.full_name}-${each.key}"
  vpc_id      = var.platform.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = var.route.port

  deregistration_delay = var.drain_seconds

  health_check {
    path                = "/ready"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener_rule" "this" {
  listener_arn = var.platform.listener_arn
  priority     = var.route.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["blue"].arn
  }

  condition {
    path_pattern {
      values = var.route.paths
    }
  }

  # A blue/green deployment moves the traffic, not Terraform.
  lifecycle {
    ignore_changes = [action]
  }
}
