output "repositories" {
  value = {
    for service, repository in aws_ecr_repository.this :
    service => { url = repository.repository_url, arn = repository.arn }
  }
}
