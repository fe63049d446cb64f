# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
COPY app.zip C:\\temp\\
RUN Expand-Archive C:\temp\app.zip `
    -DestinationPath C:\app
WORKDIR C:/app
ENTRYPOINT ["app.exe"]
