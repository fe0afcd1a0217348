output "host" {
  value = aws_elasticache_replication_group.this.primary_endpoint_address
}

# The name of each node in CloudWatch's metrics.
output "nodes" {
  value = [for i in range(1 + var.replicas) : format("%s-%03d", var.name, i + 1)]
}

output "user_id" {
  value = aws_elasticache_user.services.user_id
}
