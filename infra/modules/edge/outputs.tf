output "listener_arn" {
  value = aws_lb_listener.https.arn
}

output "security_group_id" {
  value = aws_security_group.this.id
}

# The name of the load balancer in CloudWatch's metrics.
output "load_balancer" {
  value = aws_lb.this.arn_suffix
}

output "certificate_arn" {
  value = aws_acm_certificate.this.arn
}
