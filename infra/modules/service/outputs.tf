output "log_group" {
  value = aws_cloudwatch_log_group.this.name
}

output "service_arn" {
  value = aws_ecs_service.this.arn
}

output "target_groups" {
  value = [for group in aws_lb_target_group.this : group.arn_suffix]
}
