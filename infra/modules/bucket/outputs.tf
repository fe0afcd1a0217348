# Through the policy, so that a resource which uses the bucket is made after its policy.
output "name" {
  value = aws_s3_bucket_policy.this.bucket
}

output "arn" {
  value = aws_s3_bucket.this.arn
}

output "domain_name" {
  value = aws_s3_bucket.this.bucket_regional_domain_name
}
